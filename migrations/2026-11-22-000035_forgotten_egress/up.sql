-- What members were sent who are forgotten, by month: the sums stay, and nobody's name.

CREATE TABLE egress_forgotten (
    month integer NOT NULL CONSTRAINT egress_forgotten_pkey PRIMARY KEY,
    members bigint NOT NULL,
    signed bigint NOT NULL,
    served bigint NOT NULL,
    -- The sum of what counted for each of them, which does not follow from the other two.
    counted bigint NOT NULL,
    CONSTRAINT egress_forgotten_month_check CHECK (month % 100 BETWEEN 1 AND 12),
    CONSTRAINT egress_forgotten_bytes_check CHECK (members > 0 AND signed >= 0 AND served >= 0 AND counted >= 0)
);
