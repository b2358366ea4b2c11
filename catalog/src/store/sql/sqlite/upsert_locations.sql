insert into locations (
    id, name, latitude, longitude, timezone, coordinate_uncertainty,
    dataset_id, source_id, zone_source
)
values (
    $1, $2, $3, $4, $5, $6,
    $7, $8, $9
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
where locations.dataset_id is null or locations.dataset_id is excluded.dataset_id
