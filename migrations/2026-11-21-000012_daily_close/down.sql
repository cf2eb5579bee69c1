DROP TABLE close_tasks;
DROP TABLE daily_closes;
DROP TABLE close_turns;
