insert into locations (
    id, name, latitude, longitude, timezone, coordinate_uncertainty
)
select * from unnest(
    $1::text[], $2::text[], $3::float8[], $4::float8[], $5::text[], $6::float8[]
)
on conflict (id) do update set
    name = excluded.name,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    timezone = excluded.timezone,
    coordinate_uncertainty = excluded.coordinate_uncertainty
