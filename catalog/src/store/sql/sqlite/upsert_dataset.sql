insert into dataset (
    id, name, source,
    id_prefix, fingerprint, profile, species, metadata, notes
)
values (
    $1, $2, $3,
    $4, $5, $6, $7, $8, $9
)
on conflict (id) do update set
    name = excluded.name,
    source = excluded.source,
    id_prefix = excluded.id_prefix,
    fingerprint = excluded.fingerprint,
    profile = excluded.profile,
    species = excluded.species,
    metadata = excluded.metadata,
    notes = excluded.notes
