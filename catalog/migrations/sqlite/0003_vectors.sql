-- Vectors in a table of their own: two kilobytes in each row of `detections` were paged through by every question that
-- does not want them. (PostgreSQL keeps long values apart by itself.)

create table detection_vectors (
    detection_id text primary key references detections (id) on delete cascade,
    feature_vector blob not null check (length(feature_vector) % 4 = 0) -- little-endian f32
) strict;

insert into detection_vectors (detection_id, feature_vector)
select id, feature_vector
from detections
where feature_vector is not null
order by rowid;

alter table detections drop column feature_vector;
