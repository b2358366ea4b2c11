delete from images
where id = $1
