where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.is_valid = 1
    and d.is_duplicate = 0
order by i."timestamp", i.id, d.id
