-- The embedded catalog. The same tables as on PostgreSQL, with its types said in SQLite's:
-- an instant is an integer, microseconds since 1970-01-01T00:00:00Z (datetime(x / 1000000, 'unixepoch') shows it),
-- because integers compare as instants do and a range of them uses an index; a boolean is 0 or 1; bytea is a blob.

create table dataset (
    id text primary key,
    name text not null,
    source text
) strict;

create table locations (
    id text primary key,
    name text not null,
    latitude real check (latitude between -90 and 90),
    longitude real check (longitude between -180 and 180),
    timezone text, -- IANA name; null: the configured zone
    coordinate_uncertainty real -- metres
) strict;

create table deployments (
    id text primary key,
    dataset_id text references dataset (id),
    location_id text not null references locations (id),
    camera text,
    "start" integer not null,
    "end" integer, -- null: it still stands
    check ("end" >= "start")
) strict;

-- One photograph; or one event of a package without media, then without a path.
create table images (
    id text primary key,
    dataset_id text references dataset (id),
    location_id text references locations (id),
    deployment_id text references deployments (id),
    path text, -- a local file or a URL
    "timestamp" integer, -- null: not known, then in no range
    width integer check (width > 0), -- pixels
    height integer check (height > 0),
    media_type text, -- "image/jpeg"
    capture_method text -- "activityDetection" or "timeLapse"
) strict;

create table deer (
    id text primary key,
    dataset_id text references dataset (id),
    name text not null,
    sex text not null check (sex in ('buck', 'doe', 'fawn', 'unknown')),
    feature_vector blob check (length(feature_vector) % 4 = 0), -- little-endian f32
    embedding_version text,
    founder_detection_id text, -- the detection that founded the profile; no reference, for detections refer to deer
    first_seen integer,
    last_seen integer
) strict;

create table detections (
    id text primary key,
    dataset_id text references dataset (id),
    image_id text not null references images (id),
    classification text not null, -- what the model, or the source, says
    corrected_classification text, -- what a person said later; it wins
    confidence real check (confidence between 0 and 1),
    bbox_x real, -- left, top, width, height as fractions of the image; null: no box
    bbox_y real,
    bbox_width real,
    bbox_height real,
    deer_id text references deer (id),
    count integer not null default 1 check (count > 0),
    is_valid integer not null default 1 check (is_valid in (0, 1)),
    is_duplicate integer not null default 0 check (is_duplicate in (0, 1)),
    burst_id text, -- images of one event share it
    observation_level text not null default 'media' check (observation_level in ('media', 'event')),
    scientific_name text,
    sex text,
    life_stage text,
    behavior text,
    classification_method text, -- "human" or "machine"
    classified_by text,
    true_deer_id text, -- known truth, for evaluation only; never used to assign
    feature_vector blob check (length(feature_vector) % 4 = 0), -- little-endian f32
    embedding_version text,
    created_at integer
) strict;

create index images_timestamp on images ("timestamp");
create index detections_image_id on detections (image_id);
create index detections_deer_id on detections (deer_id);
create index deployments_start on deployments ("start");
