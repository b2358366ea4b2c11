select
    i.id::text as image_id,
    i.path as path,
    i.filename as file_name,
    i.processing_status as processing_status,
    i."timestamp"::timestamptz as taken_at,
    i.location_id as place_id,
    i.deployment_id as deployment_id,
    i.width as width,
    i.height as height,
    i.media_type as media_type,
    i.capture_method as capture_method,
    i.dataset_id as image_dataset_id,
    i.source_id as image_source_id,
    i.burst_id as image_burst_id,
    i.file_public as image_file_public,
    i.utc_offset_seconds as image_utc_offset_seconds,
    {sees_people} as image_sees_people,
    i.extra as image_extra
from {images} i
where i."timestamp" >= $1
    and i."timestamp" < $2
order by i."timestamp", i.id::text collate "C"
