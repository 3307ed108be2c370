"""Where models come from: one module a source, each with a `plan(options) -> Plan`."""
