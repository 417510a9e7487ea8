/* x */ default = {
}
a = for()



for = /**/ "%{~/* 
   x */ if x1}\"%{else}%{endif~}${null}${1.null~}".var /* c */.type <= long_identifier_name(名前, true, null)
_u  = "x${[foo.var].b.foo.0~}{"
type "日本" /*c*/ { default = a-b <= 00 } # c日本
