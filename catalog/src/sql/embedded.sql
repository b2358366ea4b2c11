    and d.feature_vector is not null
