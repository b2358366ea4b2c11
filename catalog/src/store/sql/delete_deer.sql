-- Not while detections of another data set show it.
delete from deer
where id = $1
    and not exists (select 1 from detections d where d.deer_id = $1)
