a = f(b...)
c = { for k, v in m : k => v... }
