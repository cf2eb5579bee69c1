DROP TABLE account_one_times, sessions, accounts, invites;
