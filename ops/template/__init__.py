"""Builds the project as an application template of Serverless Devs, for `s init`."""
