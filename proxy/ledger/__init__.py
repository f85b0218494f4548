"""The ledger: a row for every request and every attempt, written first to a journal, so that no crash loses one."""
