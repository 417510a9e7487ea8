env="prod"
readers=["a","b"]
limits={a=1,bbb=2}
