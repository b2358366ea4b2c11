-- Images that name a file, by place.
select
    i.location_id as place_id,
    count(*) as files
from {images} i
where i."timestamp" >= $1
    and i."timestamp" < $2
    and coalesce(nullif(trim(i.path), ''), i.filename) is not null
group by i.location_id
order by i.location_id
