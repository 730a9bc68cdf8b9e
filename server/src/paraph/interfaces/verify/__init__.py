# SPDX-License-Identifier: Apache-2.0
"""`/verify/`: anybody drops a file and reads what its signatures are worth. The file is not kept."""
