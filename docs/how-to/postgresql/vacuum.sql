ALTER TABLE object_state SET (autovacuum_vacuum_scale_factor = 0.02);
