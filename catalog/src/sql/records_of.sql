-- In PostgreSQL ids of type text use the index; others are compared as text, which reads the whole table.
where {among d.id}
order by i."timestamp" nulls last, {bytes i.id}, {bytes d.id}
