a = "${b}${c}"
d = "${b}%{if c}d%{endif}"
