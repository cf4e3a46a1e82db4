"""What every test run in this repository has: the requirement marks and the proof they ask for."""

pytest_plugins = ["pytester", "saldo_testkit.requirements_plugin"]
