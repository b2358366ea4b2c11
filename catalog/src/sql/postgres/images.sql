select
    i.id::text as image_id,
    {i.path::text} as path,
    i."timestamp"::timestamptz as taken_at,
    {i.location_id::text} as place_id,
    {i.deployment_id::text} as deployment_id,
    {i.width::integer} as width,
    {i.height::integer} as height,
    {i.media_type::text} as media_type,
    {i.capture_method::text} as capture_method
from images i
where i."timestamp" >= $1
    and i."timestamp" < $2
order by i."timestamp", i.id::text collate "C"
