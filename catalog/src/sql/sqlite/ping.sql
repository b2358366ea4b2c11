select
    exists (select 1 from images)
    and exists (select 1 from detections)
    and exists (select 1 from locations) as has_rows
