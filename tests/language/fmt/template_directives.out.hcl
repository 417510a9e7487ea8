a = "%{if b}c%{else}d%{endif}%{for x, y in z}${x}%{endfor}"
