DROP INDEX effects_failing_idx;
