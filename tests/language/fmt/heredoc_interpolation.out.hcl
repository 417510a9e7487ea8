a = <<EOT
${b} and ${c + d}
%{if e}
f
%{endif~}
$${ g } $ %
EOT
