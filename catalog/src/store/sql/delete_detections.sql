delete from detections
where id = $1
