DROP INDEX effects_lane_idx;
