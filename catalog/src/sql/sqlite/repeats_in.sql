where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.is_valid is not false
    and d.is_duplicate is not true
    and d.repeats_id is not null
order by i."timestamp", i.id, d.id
