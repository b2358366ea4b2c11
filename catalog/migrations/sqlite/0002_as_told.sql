-- What a source told, kept beside what is counted, so that an export gives it back; and which data set a row is of.
--
-- `id` stays the one key that all tables join by. It is the source's own id, unless another data set of this database
-- has that id already: then all ids of the later data set begin with its `id_prefix`. `source_id` is the source's own
-- id in either case; null: the source told none (the import made the row).
-- An `extra` is a JSON object of columns of the source, by their names there, each value the text of its cell.

alter table dataset add column id_prefix text not null default '';
alter table dataset add column fingerprint text; -- sha256 of the tables it was read from
alter table dataset add column profile text; -- "camtrap-dp 1.0.2"
alter table dataset add column species text; -- JSON array of the scientific names that were taken; null: not told
alter table dataset add column metadata text; -- JSON object: its description (contributors, licences, project, ...)
alter table dataset add column notes text; -- JSON object: what the import found that reports must say

alter table locations add column dataset_id text references dataset (id);
alter table locations add column source_id text;
alter table locations add column zone_source text check (zone_source in ('told', 'coordinates', 'offset'));

-- `camera` tells cameras at one place apart and may be made by the import; `camera_id` is as told.
alter table deployments add column source_id text;
alter table deployments add column camera_id text;
alter table deployments add column start_offset_seconds integer; -- east of UTC, as in the source
alter table deployments add column end_offset_seconds integer;
-- Its times cannot be true: never effort. 'zero length', 'starts too early', 'starts in the future',
-- 'ends in the future'.
alter table deployments add column clock_problem text;
alter table deployments add column failures text; -- JSON array of {"start", "end"}, RFC 3339: it did not work then
alter table deployments add column extra text;

alter table images add column source_id text; -- null also for an event without a file
alter table images add column burst_id text; -- the event that shows on it, also where no detection is of this image
alter table images add column file_public integer check (file_public in (0, 1)); -- null: not told
alter table images add column utc_offset_seconds integer; -- of its timestamp, east of UTC
-- Somebody saw a person or a vehicle on it, or in its event.
alter table images add column sees_people integer not null default 0 check (sees_people in (0, 1));
alter table images add column extra text;

-- `burst_id` tells one event of this database; `event_id` is as told. A row with `repeats_id` tells of the same animal
-- as that other row and is never counted.
alter table detections add column source_id text;
alter table detections add column event_id text;
alter table detections add column starts_at integer;
alter table detections add column ends_at integer; -- its last record
alter table detections add column utc_offset_seconds integer; -- of starts_at, east of UTC
alter table detections add column is_count_told integer check (is_count_told in (0, 1)); -- 0: it was missing, 1 is taken
alter table detections add column repeats_id text;
alter table detections add column extra text;

alter table deer add column source_id text;

update locations set
    source_id = id,
    dataset_id = (select min(p.dataset_id) from deployments p where p.location_id = locations.id);
update deployments set source_id = id;
update images set source_id = id where path is not null;
update detections set source_id = id;
update deer set source_id = id;
