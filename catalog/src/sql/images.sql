select
    {image}
from {images} i
where i."timestamp" >= $1
    and i."timestamp" < $2
order by i."timestamp", {bytes i.id}
