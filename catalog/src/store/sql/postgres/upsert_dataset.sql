insert into dataset (
    id, name, source,
    id_prefix, fingerprint, profile, species, metadata, notes
)
select * from unnest(
    $1::text[], $2::text[], $3::text[],
    $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]
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
