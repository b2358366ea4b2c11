select
    exists (select 1 from {images} i)
    and exists (select 1 from {detections} d)
    and exists (select 1 from {places} l) as has_rows
