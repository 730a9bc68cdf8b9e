# SPDX-License-Identifier: Apache-2.0
"""The devices that people hold: stock, assignment, activation, disabling, end. One file per kind of device in methods/.

Start at services.assign(). Knows accounts, organisations and the signer; does not know orders, certificates or logins.
"""
