# SPDX-License-Identifier: Apache-2.0
"""Orders of products: catalogue and prices, product finder, orders with their papers, payments by voucher, order form.

Start at services.place(). Knows partners, organisations, accounts and reference; does not know how a person is
identified, what a certificate is, or what happens after the order is approved: registration moves it on.
"""
