select
    exists (select from {images} i)
    and exists (select from {detections} d)
    and exists (select from {places} l) as has_rows
