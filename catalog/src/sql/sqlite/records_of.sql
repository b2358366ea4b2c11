where d.id in (select value from json_each($1))
order by i."timestamp" is null, i."timestamp", i.id, d.id
