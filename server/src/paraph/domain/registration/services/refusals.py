# SPDX-License-Identifier: Apache-2.0
"""Why an activation does not go on."""

from paraph.kernel.errors import Refusal


class AlreadyActivated(Refusal):
    """Activation is done once only (R090)."""

    code = "already_activated"
    sentence = "Ce produit est déjà activé. Rien n’a été modifié."


class Missing(Refusal):
    """The product that this order handed out was reported lost or stolen, and the new one is not there yet."""

    code = "product_missing"
    sentence = "Ce produit est signalé perdu ou volé : il ne peut plus être activé. Attendez le nouveau, ou appelez-nous."


class UnderWay(Refusal):
    """Another window of the holder is at the very last step."""

    code = "activation_under_way"
    sentence = "Une activation de ce produit est en cours. Attendez une minute, puis recommencez."


class Incomplete(Refusal):
    """A step before is missing: the password, the image or the acceptance."""

    code = "activation_incomplete"
    sentence = "Il manque encore une étape avant de pouvoir activer."


class ActivationOver(Refusal):
    """The half hour of this activation is over; it begins again with the codes."""

    code = "activation_over"
    sentence = "Le temps de cette activation est écoulé. Recommencez avec vos codes : ils sont toujours valables."


class Failed(Refusal):
    """Keys or certificates could not be made. Nothing half-made stays; the holder may begin again."""

    code = "activation_failed"
    sentence = "L’activation n’a pas pu être terminée. Rien n’est perdu : recommencez, vos codes sont toujours valables."
    status = 503
