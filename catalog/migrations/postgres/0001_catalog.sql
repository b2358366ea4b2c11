-- The platform's tables, for a PostgreSQL that has none yet. Ids are the ids of the source (text).
-- There is deliberately no "if not exists": an existing platform's tables are read as they are, never changed.

create table dataset (
    id text primary key,
    name text not null,
    source text
);

create table locations (
    id text primary key,
    name text not null,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    timezone text, -- IANA name; null: the configured zone
    coordinate_uncertainty double precision -- metres
);

create table deployments (
    id text primary key,
    dataset_id text references dataset (id),
    location_id text not null references locations (id),
    camera text,
    "start" timestamptz not null,
    "end" timestamptz, -- null: it still stands
    check ("end" >= "start")
);

-- One photograph; or one event of a package without media, then without a path.
create table images (
    id text primary key,
    dataset_id text references dataset (id),
    location_id text references locations (id),
    deployment_id text references deployments (id),
    path text, -- a local file or a URL
    "timestamp" timestamptz, -- null: not known, then in no range
    width integer check (width > 0), -- pixels
    height integer check (height > 0),
    media_type text, -- "image/jpeg"
    capture_method text -- "activityDetection" or "timeLapse"
);

create table deer (
    id text primary key,
    dataset_id text references dataset (id),
    name text not null,
    sex text not null check (sex in ('buck', 'doe', 'fawn', 'unknown')),
    feature_vector bytea check (octet_length(feature_vector) % 4 = 0), -- little-endian f32
    embedding_version text,
    founder_detection_id text, -- the detection that founded the profile; no reference, for detections refer to deer
    first_seen timestamptz,
    last_seen timestamptz
);

create table detections (
    id text primary key,
    dataset_id text references dataset (id),
    image_id text not null references images (id),
    classification text not null, -- what the model, or the source, says
    corrected_classification text, -- what a person said later; it wins
    confidence double precision check (confidence between 0 and 1),
    bbox_x double precision, -- left, top, width, height as fractions of the image; null: no box
    bbox_y double precision,
    bbox_width double precision,
    bbox_height double precision,
    deer_id text references deer (id),
    count integer not null default 1 check (count > 0),
    is_valid boolean not null default true,
    is_duplicate boolean not null default false,
    burst_id text, -- images of one event share it
    observation_level text not null default 'media' check (observation_level in ('media', 'event')),
    scientific_name text,
    sex text,
    life_stage text,
    behavior text,
    classification_method text, -- "human" or "machine"
    classified_by text,
    true_deer_id text, -- known truth, for evaluation only; never used to assign
    feature_vector bytea check (octet_length(feature_vector) % 4 = 0), -- little-endian f32
    embedding_version text,
    created_at timestamptz
);

create index images_timestamp on images ("timestamp");
create index detections_image_id on detections (image_id);
create index detections_deer_id on detections (deer_id);
create index deployments_start on deployments ("start");
