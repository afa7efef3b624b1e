-- What queries look goroutines up by.

CREATE INDEX goroutines_numbered ON goroutines (goid);
CREATE INDEX goroutines_waiting ON goroutines (waiting_since_ns) WHERE waiting_since_ns IS NOT NULL;
