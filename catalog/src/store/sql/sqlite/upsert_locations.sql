insert into locations (
    id, name, latitude, longitude, timezone, coordinate_uncertainty
)
values (
    $1, $2, $3, $4, $5, $6
)
on conflict (id) do update set
    name = excluded.name,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    timezone = excluded.timezone,
    coordinate_uncertainty = excluded.coordinate_uncertainty
