-- Whether there are images outside of the range, or without a time.
select exists (select 1 from {images} i where i."timestamp" < $1)
    or exists (select 1 from {images} i where i."timestamp" >= $2)
    or exists (select 1 from {images} i where i."timestamp" is null) as has_others
