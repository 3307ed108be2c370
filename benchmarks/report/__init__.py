"""The report: one page, tables and pictures made of report.json alone; see build.build."""
