insert into locations (
    id, name, latitude, longitude, timezone, coordinate_uncertainty,
    dataset_id, source_id, zone_source
)
select * from unnest(
    $1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[], $6::float8[],
    $7::text[], $8::text[], $9::text[]
)
on conflict (id) do update set
    name = excluded.name,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    timezone = excluded.timezone,
    coordinate_uncertainty = excluded.coordinate_uncertainty,
    dataset_id = excluded.dataset_id,
    source_id = excluded.source_id,
    zone_source = excluded.zone_source
where locations.dataset_id is null or locations.dataset_id is not distinct from excluded.dataset_id
