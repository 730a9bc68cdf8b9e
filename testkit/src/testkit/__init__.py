# SPDX-License-Identifier: Apache-2.0
"""A declared test PKI, vectors, simulators and partners: what tests and demonstrations use. Never imports the server."""
