"""The tables of MLflow's database, with one experiment."""

MLFLOW_TABLES = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT);
CREATE TABLE runs (run_uuid TEXT, name TEXT, experiment_id INTEGER,
                   start_time BIGINT, lifecycle_stage TEXT);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT,
                      step BIGINT, is_nan BOOLEAN);
INSERT INTO experiments VALUES (1, 'digits');
"""
