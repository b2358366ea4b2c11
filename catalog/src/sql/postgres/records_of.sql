-- Ids of type text use the index; others are compared as text, which reads the whole table.
where d.id::text = any($1)
order by i."timestamp" nulls last, i.id::text collate "C", d.id::text collate "C"
