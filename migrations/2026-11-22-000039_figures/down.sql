DROP TABLE figure_looks;
DROP TABLE event_figures;
DROP TABLE day_figures;
