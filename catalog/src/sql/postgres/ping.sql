select
    exists (select from images)
    and exists (select from detections)
    and exists (select from locations) as has_rows
