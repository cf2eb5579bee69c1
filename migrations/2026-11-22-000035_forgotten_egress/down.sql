DROP TABLE egress_forgotten;
