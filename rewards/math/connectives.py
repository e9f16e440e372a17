# ruff: noqa: RUF001  (words in other scripts)
"""Words for "or" and "and", by language: what stands between two of them was left open, or is a list. Data only."""

from __future__ import annotations

OR = (
    "or|oder|ou|o|oppure|veya|ya da|lub|albo|nebo|alebo|ili|ali|или|либо|або|eller|tai|või|vai|arba|vagy"
    "|sau|ori|hoặc|atau|ή|או|أو|یا|या|अथवा|किंवा|বা|অথবা|અથવા|ਜਾਂ|அல்லது|లేదా|ಅಥವಾ|അല്ലെങ്കിൽ|හෝ|ან|կամ|ወይም"
    "|немесе|yoki|yaxud|və ya|yoxsa|ose|apo|edo|eða|эсвэл"
)
OR_AMONG_LETTERS = f"{OR}|of|au|ar|hay|ya|czy|чи|ці|же|neu|nó"
"""Also words that mean something else in another language ("of", "there is"), which between two letters they do not."""
OR_IN_A_WORD = "或者?|または|もしくは|あるいは|か|또는|혹은|이?거나|이나|아니면|หรือ|ຫຼື|ឬ|သို့မဟုတ်|ဒါမှမဟုတ်"
AND = (
    "and|y|e|oraz|et|und|en|og|och|ja|és|și|şi|ve|və|dan|và|na|at|i|и|і|та|және|ва|და|και|و|और|तथा|এবং|ও|અને|ਅਤੇ"
    "|மற்றும்|మరియు|ಮತ್ತು|และ|ແລະ|និង|እና|ու|և|ו|ir|un|eta"
)
AND_AMONG_LETTERS = f"{AND}|a|in|dhe|agus|a[cg]|आणि|ഒപ്പം"
"""Also words that are no "and" in most languages, which between two letters they are."""
AND_IN_A_WORD = "和|与|與|及|と|과|와|그리고"
